/**
 * Roles and what they permit.
 *
 * @module
 */

/** `viewer` reads pages without payloads; `operator` also acts; `admin` also destroys. */
export type DashboardRole = "viewer" | "operator" | "admin";

/** A user and their role. */
export interface DashboardUser {
  /** The permissions of the user. */
  readonly role: DashboardRole;
  /** The name in the log of actions; the role by default. */
  readonly name?: string;
}

/** The roles, the least first. */
export const roles: readonly DashboardRole[] = ["viewer", "operator", "admin"];

/** True if `role` includes the permissions of `needed`. */
export function suffices(role: DashboardRole, needed: DashboardRole): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
