export { type EthernetFrame, etherTypes, frame, readFrame } from "./ethernet.js";
export type { ExpectOptions, FrameMatch, SceneTap } from "./scene-tap.js";
export { obstacle, type Scene, scene, type SceneDescription, type SceneHost, type SceneTapSettings } from "./scene.js";
