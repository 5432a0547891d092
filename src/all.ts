import { Host } from "./index.js";

// For a service that wants nothing read from the package after its start: the same exports, with the code of every subject.
Host.preload();

export * from "./index.js";
