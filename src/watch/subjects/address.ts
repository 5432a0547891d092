import { type Address, addressOf, listAddresses } from "../../rtnetlink/address/address-requests.js";
import { RTM_DELADDR, RTM_NEWADDR } from "../../rtnetlink/address/address.js";
import { message, one, type SubjectTable } from "../subject.js";

export const address: SubjectTable<Address> = {
  groups: [5, 9],
  told: message(RTM_NEWADDR),
  gone: message(RTM_DELADDR),
  onLink: true,
  entriesOf: one(addressOf),
  keyOf: ({ index, family, address, peer }) => `${index} ${address} ${family === "inet" ? (peer ?? "") : ""}`,
  nameOf: ({ address }) => address,
  linkOf: ({ index }) => index,
  list: (connection) => listAddresses(connection, {}),
  silent: ["validLifetime", "preferredLifetime"],
};
