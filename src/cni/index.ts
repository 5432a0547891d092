export { CniError, errorCodes } from "./error.js";
export { ATTACHMENTS, type Ground, groundOf, type Order, type Outcome, perform, plugins } from "./operations.js";
export type { Invocation } from "./call.js";
export { versions } from "./versions.js";
export { keptRules } from "./kept-rules.js";
export { type CniInstallOptions, installCni } from "./installation.js";
export { type Option, type OptionTable, schemaOf } from "./options.js";
