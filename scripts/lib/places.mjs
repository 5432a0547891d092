import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

/** Of rolldown: a module goes on finding the files beside it, wherever its code ends up. */
export const places = {
  name: "places",
  transform: {
    filter: { id: /\.ts$|\.mjs$/ },
    handler: (code, path) =>
      code
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path))),
  },
};
