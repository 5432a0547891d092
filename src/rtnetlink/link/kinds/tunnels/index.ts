export { bareudp } from "./bareudp.js";
export { geneve } from "./geneve.js";
export { gre } from "./gre.js";
export { gtp } from "./gtp.js";
export { ip6Tunnel, ipTunnel, vti } from "./ip-tunnel.js";
export { vxlan } from "./vxlan.js";
export { xfrm } from "./xfrm.js";
