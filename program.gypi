# How programs in C are built, that stand alone.
{
  "type": "executable",
  "product_extension": "",
  "defines": ["_GNU_SOURCE"],
  "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-fstack-protector-strong"],
  # Code and constants share a segment: one less for each start to map.
  "ldflags": ["-static", "-Wl,-z,noseparate-code"],
  # musl starts in a tenth of glibc's time, which asks the processor about itself: that leaves a virtual machine.
  "variables": {
    "machine%": "<!(uname -m)",
    "musl%": "<!(f=/usr/lib/$(uname -m)-linux-musl/musl-gcc.specs; ${CC:-cc} -specs=$f -E -x c /dev/null >/dev/null 2>&1 && echo $f || true)"
  },
  "conditions": [
    [
      "musl!=''",
      {
        "cflags": [
          "-specs=<(musl)",
          "-idirafter/usr/include/<(machine)-linux-gnu",
          "-idirafter/usr/include"
        ],
        "ldflags": ["-specs=<(musl)"]
      }
    ]
  ]
}
