/**
 * Passwords are shown to nobody: not in an error, not in a stack, not by
 * `rl config show`.
 *
 * @module
 */

const secret = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;

/** `text` without the passwords of URLs and without the secrets in `env`. */
export function redact(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  let masked = text;
  for (const [name, value = ""] of Object.entries(env)) {
    if (!/^(RELIER_|REDIS_)/.test(name)) continue;
    const hidden = /^[a-z+]+:\/\//i.test(value)
      ? passwordsOf(value)
      : secret.test(name)
      ? [value]
      : [];
    for (const each of hidden) if (each.length > 3) masked = masked.replaceAll(each, "***");
  }
  return masked
    // Up to the last one: a password that was not encoded may hold any character.
    .replace(/(:\/\/)[^\s"'`]*@/g, "$1***@")
    .replace(/([?&](?:password|passwd|pass|token|secret|auth)=)[^&\s"'`]*/gi, "$1***");
}

function passwordsOf(url: string): string[] {
  const written = /:\/\/[^:/@]*:([^/]*)@/.exec(url)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
