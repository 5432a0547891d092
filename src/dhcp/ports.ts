/** UDP's ports of DHCPv4 (RFC 2131, 4.1). */
export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;
