/**
 * Colours of charts, on the backgrounds that GitHub has. linkwright alone is bright; the others are told apart by lightness
 * as much as by hue, and are named where they are drawn, so that no colour has to be recognised.
 */
export const themes = {
  light: {
    background: "#ffffff",
    text: "#1f2328",
    quiet: "#59636e",
    grid: "#dfe4ea",
    linkwright: "#d14900",
    floor: "#6e7781",
    compiled: "#3f6f9f",
    scripted: "#8a6a9e",
    programs: "#8a9a5b",
  },
  dark: {
    background: "#0d1117",
    text: "#e6edf3",
    quiet: "#9198a1",
    grid: "#272d35",
    linkwright: "#ff9447",
    floor: "#a4adb8",
    compiled: "#5f8fbf",
    scripted: "#9f82b8",
    programs: "#7d8f54",
  },
};

export type ThemeName = keyof typeof themes;
export type Theme = (typeof themes)[ThemeName];
/** A colour, by its key in every theme. */
export type Colour = keyof Theme;
export const themeNames = Object.keys(themes) as ThemeName[];

export const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

/** Pixels that a line of text takes, in the widest of the fonts that are likely. */
export const widthOf = (text: string, size: number, bold = false): number => text.length * size * (bold ? 0.62 : 0.56);
