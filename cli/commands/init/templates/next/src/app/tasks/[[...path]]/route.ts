import { admin } from "../../../admin.ts";

export { admin as DELETE, admin as GET, admin as POST };
