import type { Route } from "../rtnetlink/route/route-message.js";

/** Where a route stands: one that is replaced gives its place to another. */
export function routeSlot({ family, table, destination, from, tos, metric }: Route): string {
  return [family, table, destination, from ?? "", tos ?? 0, metric ?? 0].join(" ");
}
