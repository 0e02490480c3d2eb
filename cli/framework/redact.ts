/**
 * Removes passwords from text that is shown: errors, stack traces, `rl config show`.
 *
 * @module
 */

const secret = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;

/** Replaces the passwords of URLs and the secrets of `env` in `text`. */
export function redact(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  let redacted = text;
  for (const [name, value = ""] of Object.entries(env)) {
    if (!/^(RELIER_|REDIS_)/.test(name)) continue;
    const hidden = /^[a-z+]+:\/\//i.test(value)
      ? passwordsOf(value)
      : secret.test(name)
      ? [value]
      : [];
    for (const each of hidden) if (each.length > 3) redacted = redacted.replaceAll(each, "***");
  }
  return redacted
    // A word at a time: a pattern that may begin at any :// takes quadratic time on many.
    .replace(/[^\s"'`]+/g, withoutLogin)
    .replace(/([?&](?:password|passwd|pass|token|secret|auth)=)[^&\s"'`]*/gi, "$1***");
}

/** Up to the last @: a password that is not encoded may contain any character. */
function withoutLogin(word: string): string {
  const [from, to] = [word.indexOf("://"), word.lastIndexOf("@")];
  // A path of a file has no login, but packages with an @; and a hint shows how a URL looks.
  const harmless = word.startsWith("file", from - 4) || word.startsWith("://user:password@", from);
  return from < 0 || to < from || harmless ? word : `${word.slice(0, from)}://***${word.slice(to)}`;
}

function passwordsOf(url: string): string[] {
  const written = /:\/\/[^:@]*:([^]*)@/.exec(url)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
