/**
 * Whether all is asked for, as `npm test -- --all` does: what only repeats, for more power against what is rare, or lasts for long, is
 * left out else.
 */
export const thorough = process.env["LINKWRIGHT_THOROUGH"] === "1";
