export { bondState } from "./bond-state.js";
export { addBond, setBond } from "./bond.js";
export { bridgeVlansOf } from "./bridge-vlans.js";
export { setPort } from "./port-settings.js";
export { detachPort } from "./port.js";
export { readSpanningTree } from "./spanning-tree.js";
export { detachFromSwitch } from "./attach-switch.js";
