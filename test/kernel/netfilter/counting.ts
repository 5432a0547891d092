export { descriptors, eventually, hostThreads, threads } from "../fixtures/counting.mjs";
