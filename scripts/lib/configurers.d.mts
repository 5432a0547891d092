export function provideConfigurers():
  | {
      readonly programs: Readonly<Record<"netplan" | "NetworkManager", string>>;
      readonly libraries: readonly string[];
      readonly missing?: undefined;
    }
  | { readonly missing: string; readonly programs?: undefined; readonly libraries?: undefined };
