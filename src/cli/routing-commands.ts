import type { Command, Operand } from "./commands.js";

const NETWORK: Operand = { name: "DESTINATION" };
const LINK: Operand = { name: "LINK", choices: "link" };
const ADDRESS: Operand = { name: "ADDRESS" };
const ID: Operand = { name: "ID" };

/** The commands for routes, rules, neighbours and next hops. */
export const routingCommands: Readonly<Record<string, Command>> = {
  route: {
    summary: "routes",
    actions: {
      list: {
        summary: "list routes, those of the main table unless another is given",
        operands: [],
        options: ["routeFilter"],
        load: async () => (await import("./commands/route.js")).list,
      },
      get: {
        summary: "print the route that a packet would take",
        operands: [ADDRESS],
        options: ["lookup"],
        load: async () => (await import("./commands/route.js")).get,
      },
      add: {
        summary: "add a route",
        operands: [NETWORK],
        options: ["route", "routeMetrics"],
        needsOption: true,
        load: async () => (await import("./commands/route.js")).add,
      },
      replace: {
        summary: "add a route in place of the one to there with its metric",
        operands: [NETWORK],
        options: ["route", "routeMetrics"],
        needsOption: true,
        load: async () => (await import("./commands/route.js")).replace,
      },
      delete: {
        summary: "remove the route that has all that is given",
        operands: [NETWORK],
        options: ["route"],
        load: async () => (await import("./commands/route.js")).remove,
      },
    },
  },
  rule: {
    summary: "rules that choose a routing table",
    actions: {
      list: {
        summary: "list rules that have all that is given",
        operands: [],
        options: ["rule"],
        load: async () => (await import("./commands/rule.js")).list,
      },
      add: {
        summary: "add a rule",
        operands: [],
        options: ["rule"],
        needsOption: true,
        load: async () => (await import("./commands/rule.js")).add,
      },
      delete: {
        summary: "remove the rule that has all that is given",
        operands: [],
        options: ["rule"],
        needsOption: true,
        load: async () => (await import("./commands/rule.js")).remove,
      },
    },
  },
  neighbour: {
    summary: "neighbours: which MACs IP addresses have",
    actions: {
      list: {
        summary: "list neighbours",
        operands: [],
        options: ["neighbourFilter"],
        load: async () => (await import("./commands/neighbour.js")).list,
      },
      add: {
        summary: "add a neighbour",
        operands: [LINK, ADDRESS],
        options: ["neighbour"],
        needsOption: true,
        load: async () => (await import("./commands/neighbour.js")).add,
      },
      replace: {
        summary: "add a neighbour, or change the one that is known",
        operands: [LINK, ADDRESS],
        options: ["neighbour"],
        needsOption: true,
        load: async () => (await import("./commands/neighbour.js")).replace,
      },
      delete: {
        summary: "forget a neighbour",
        operands: [LINK, ADDRESS],
        options: ["neighbourTable"],
        load: async () => (await import("./commands/neighbour.js")).remove,
      },
      flush: {
        summary: "forget neighbours; permanent ones only where state= names them",
        operands: [],
        options: ["neighbourFilter"],
        load: async () => (await import("./commands/neighbour.js")).flush,
      },
    },
  },
  nexthop: {
    summary: "next hops that routes refer to by id",
    actions: {
      list: {
        summary: "list next hops",
        operands: [],
        options: ["nexthopFilter"],
        load: async () => (await import("./commands/nexthop.js")).list,
      },
      buckets: {
        summary: "list the buckets of resilient groups",
        operands: [],
        options: ["bucketFilter"],
        load: async () => (await import("./commands/nexthop.js")).buckets,
      },
      add: {
        summary: "add a next hop, or a group of them",
        operands: [],
        options: ["nexthopId", "nexthop"],
        needsOption: true,
        load: async () => (await import("./commands/nexthop.js")).add,
      },
      replace: {
        summary: "put a next hop in the place of the one with this id",
        operands: [ID],
        options: ["nexthop"],
        needsOption: true,
        load: async () => (await import("./commands/nexthop.js")).replace,
      },
      delete: {
        summary: "remove a next hop, and the routes by it",
        operands: [ID],
        load: async () => (await import("./commands/nexthop.js")).remove,
      },
    },
  },
};
