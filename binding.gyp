{
  "targets": [
    {
      "target_name": "linkwright",
      "sources": [
        "native/addon.c",
        "native/boundary.c",
        "native/closer.c",
        "native/conversation.c",
        "native/delivery.c",
        "native/descriptor.c",
        "native/device.c",
        "native/fdpass.c",
        "native/file.c",
        "native/filter.c",
        "native/frames.c",
        "native/guard.c",
        "native/handle.c",
        "native/mount.c",
        "native/multicast.c",
        "native/namespace.c",
        "native/netlink.c",
        "native/socket.c",
        "native/step.c",
        "native/sysfs.c",
        "native/tap.c",
        "native/thread.c",
        "native/turn.c"
      ],
      "defines": ["_GNU_SOURCE", "NAPI_VERSION=8"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-fvisibility=hidden"],
      "ldflags": ["-Wl,-z,nodelete"],
      "variables": { "sanitize%": "" },
      "conditions": [
        [
          "sanitize!=''",
          {
            "cflags": ["-fsanitize=<(sanitize)", "-fno-omit-frame-pointer", "-g"],
            "ldflags": ["-fsanitize=<(sanitize)"]
          }
        ]
      ]
    },
    {
      "target_name": "linkwright-qemu",
      "type": "executable",
      "product_extension": "",
      "sources": [
        "native/qemu/acl.c",
        "native/qemu/attribute.c",
        "native/qemu/complaint.c",
        "native/qemu/helper.c",
        "native/qemu/main.c",
        "native/qemu/netlink.c",
        "native/qemu/plan.c",
        "native/qemu/replay.c",
        "native/qemu/trusted.c"
      ],
      "defines": ["_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-fstack-protector-strong"],
      # Code and constants share a segment: one less for each start to map.
      "ldflags": ["-static", "-Wl,-z,noseparate-code"],
      # musl starts in a tenth of glibc's time, which asks the processor about itself: that leaves a virtual machine.
      "variables": {
        "machine": "<!(uname -m)",
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
  ]
}
