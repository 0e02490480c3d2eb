/**
 * What everybody chooses for themselves, and a browser remembers: what it looks
 * like, how times are told, and how often a page is looked at again.
 *
 * @module
 */

/** What there is to choose from; the first is how it is until somebody chooses. */
export const choices = {
  /** `system` follows the theme of the reader. */
  theme: ["system", "light", "dark"],
  /** Pages tell UTC; a browser makes local times of that. */
  times: ["UTC", "local"],
  every: ["1s", "2s", "5s", "30s"],
} as const;

/** Something to choose. */
export type Choice = keyof typeof choices;

/** How somebody likes it: one of the {@linkcode choices} each. */
export type Preferences = Readonly<Record<Choice, string>>;

/** What each choice is called. */
export const choiceLabels: Preferences = {
  theme: "theme",
  times: "times",
  every: "look again every",
};

/** Reads what a browser remembers: `remembered` tells what it has under a name, if it has. */
export function readPreferences(remembered: (name: string) => string | undefined): Preferences {
  const made = Object.entries(choices).map(([name, all]) => {
    const one = remembered(`rl_${name}`);
    return [name, all.find((each) => each === one) ?? all[0]];
  });
  return Object.fromEntries(made) as Preferences;
}

/** How often somebody wants a page to be looked at again. */
export function refreshMs({ every }: Preferences): number {
  return Number.parseInt(every) * 1000;
}
