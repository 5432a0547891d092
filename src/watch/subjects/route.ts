import { type Route, routeOf } from "../../rtnetlink/route/route-message.js";
import { listRoutes } from "../../rtnetlink/route/route-requests.js";
import { RTM_DELROUTE, RTM_NEWROUTE } from "../../rtnetlink/route/route.js";
import { routeSlot } from "../route-slot.js";
import { message, one, type SubjectTable } from "../subject.js";

function routeWay({ type, protocol, scope, gateway, link, nexthops, nexthopId }: Route): string {
  const ways = (nexthops ?? []).map((way) => [way.gateway, way.link, way.weight]);
  return JSON.stringify([type, protocol, scope, gateway, link, ways, nexthopId]);
}

export const route: SubjectTable<Route> = {
  groups: [7, 11],
  told: message(RTM_NEWROUTE),
  gone: message(RTM_DELROUTE),
  onLink: false,
  entriesOf: one(routeOf),
  keyOf: (route) => `${routeSlot(route)} ${routeWay(route)}`,
  nameOf: ({ destination }) => destination,
  linkOf: ({ link }) => link,
  list: (connection) => listRoutes(connection, { table: "all" }),
  silent: ["expires", "cacheinfo", "flags"],
};
