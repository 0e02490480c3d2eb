/**
 * Removes passwords from text that is shown: errors, stack traces, `rl config show`.
 *
 * @module
 */

import { withoutLogins } from "../../core/base/safe_text.ts";

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
  return withoutLogins(redacted)
    .replace(/([?&](?:password|passwd|pass|token|secret|auth)=)[^&\s"'`]*/gi, "$1***");
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
