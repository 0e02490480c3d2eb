/**
 * Who may do what.
 *
 * @module
 */

/** What somebody may do: `viewer` looks, without payloads; `operator` acts; `admin` also destroys. */
export type DashboardRole = "viewer" | "operator" | "admin";

/** Somebody, and what they may do. */
export interface DashboardUser {
  /** What they may do. */
  readonly role: DashboardRole;
  /** What the log of actions calls them; the role if absent. */
  readonly name?: string;
}

/** The roles, the least first. */
export const roles: readonly DashboardRole[] = ["viewer", "operator", "admin"];

/** Whether `role` is enough where `needed` is. */
export function suffices(role: DashboardRole, needed: DashboardRole): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
