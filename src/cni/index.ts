export { CniError, errorCodes } from "./error.js";
export { ATTACHMENTS, type Ground, groundOf, type Order, type Outcome, perform, plugins } from "./operations.js";
export type { Invocation } from "./call.js";
export { versions } from "./versions.js";
