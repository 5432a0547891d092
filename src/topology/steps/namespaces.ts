import { call } from "./operation.js";
import { type Step, step } from "./step.js";

/** Makes a namespace. What takes that back takes along what is in it. */
export function addition(name: string): Step {
  return step("namespaces", {
    action: "add",
    subject: "namespace",
    name,
    reason: "there is no namespace of this name",
    do: [call("namespaces.add", name)],
    undo: [call("namespaces.remove", name)],
  });
}

/** Takes a namespace's name away; it is kept until that stands. */
export function removal(name: string): Step {
  return step("unname", {
    action: "remove",
    subject: "namespace",
    name,
    reason: "it is not to be there",
    do: [call("namespaces.putAside", name)],
    undo: [call("namespaces.putBack", name)],
  });
}
