{
  "targets": [
    {
      "target_name": "linkwright",
      "sources": [
        "native/addon.c",
        "native/boundary.c",
        "native/thread_handle.c",
        "native/files/descriptor.c",
        "native/files/device.c",
        "native/files/file.c",
        "native/files/file_lock.c",
        "native/files/mount.c",
        "native/namespace/namespace.c",
        "native/namespace/namespace_lock.c",
        "native/namespace/sysfs.c",
        "native/netlink/condition.c",
        "native/netlink/exchange.c",
        "native/netlink/multicast.c",
        "native/netlink/netlink.c",
        "native/netlink/socket.c",
        "native/sockets/frames.c",
        "native/sockets/socket_filter.c",
        "native/sockets/unix_socket.c",
        "native/tap/tap.c",
        "native/tap/tap_ioctl.c",
        "native/thread/closer.c",
        "native/thread/delivery.c",
        "native/thread/thread.c"
      ],
      "include_dirs": ["native"],
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
