/**
 * Preferences of a user, which the browser remembers in cookies: theme, time zone and
 * refresh interval.
 *
 * @module
 */

/** The values of each preference; the first is the default. */
export const choices = {
  /** `system` follows the theme of the operating system. */
  theme: ["system", "light", "dark"],
  /** Pages are rendered in UTC; the script converts times to local ones. */
  times: ["UTC", "local"],
  every: ["1s", "2s", "5s", "30s"],
} as const;

/** The name of a preference. */
export type Choice = keyof typeof choices;

/** One of the {@linkcode choices} for each preference. */
export type Preferences = Readonly<Record<Choice, string>>;

/** The label of each preference. */
export const choiceLabels: Preferences = {
  theme: "Theme",
  times: "Time zone",
  every: "Refresh every",
};

/** The words for a value; a value without any stands for itself. */
export const choiceWords: Readonly<Record<string, string>> = {
  system: "like the system",
  local: "local time",
};

/** Reads preferences from cookies; an unknown value becomes the default. */
export function readPreferences(cookie: (name: string) => string | undefined): Preferences {
  const entries = Object.entries(choices).map(([name, all]) => {
    const value = cookie(`rl_${name}`);
    return [name, all.find((each) => each === value) ?? all[0]];
  });
  return Object.fromEntries(entries) as Preferences;
}

/** The refresh interval in ms. */
export function refreshMs({ every }: Preferences): number {
  return Number.parseInt(every) * 1000;
}
