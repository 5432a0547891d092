{
  "targets": [
    {
      "target_name": "linkwright",
      "sources": [
        "native/addon.c",
        "native/boundary.c",
        "native/lifetime.c",
        "native/files/descriptor.c",
        "native/files/device.c",
        "native/files/file.c",
        "native/files/file_lock.c",
        "native/files/mount.c",
        "native/files/opening.c",
        "native/namespace/namespace.c",
        "native/namespace/namespace_lock.c",
        "native/namespace/naming.c",
        "native/namespace/sysfs.c",
        "native/netlink/condition.c",
        "native/netlink/exchange.c",
        "native/netlink/multicast.c",
        "native/netlink/netlink.c",
        "native/netlink/socket.c",
        "native/sockets/frames.c",
        "native/sockets/internet.c",
        "native/sockets/socket_filter.c",
        "native/sockets/system_calls.c",
        "native/sockets/unix_socket.c",
        "native/tap/tap.c",
        "native/tap/tap_ioctl.c",
        "native/thread/closing_threads.c",
        "native/thread/delivery.c",
        "native/thread/thread.c"
      ],
      "include_dirs": ["native"],
      "defines": ["_GNU_SOURCE", "NAPI_VERSION=8"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-fvisibility=hidden"],
      "ldflags": ["-Wl,-z,nodelete"],
      # For musl: the path of its musl-gcc.specs.
      "variables": { "machine%": "<!(uname -m)", "addon_musl%": "", "sanitize%": "" },
      "conditions": [
        # What gcc calls for atomics otherwise asks glibc about the processor.
        ["addon_musl!='' and machine=='aarch64'", { "cflags": ["-mno-outline-atomics"] }],
        [
          "addon_musl!=''",
          {
            "cflags": [
              "-specs=<(addon_musl)",
              "-idirafter/usr/include/<(machine)-linux-gnu",
              "-idirafter/usr/include"
            ],
            "ldflags": ["-specs=<(addon_musl)"]
          }
        ],
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
      "includes": ["program.gypi"],
      "sources": [
        "native/qemu/acl.c",
        "native/qemu/database.c",
        "native/qemu/helper.c",
        "native/qemu/main.c",
        "native/qemu/policy.c",
        "native/qemu/replay.c",
        "native/qemu/trusted.c",
        "native/runner/complaint.c",
        "native/runner/netlink.c",
        "native/runner/plan.c",
        "native/runner/row.c",
        "native/runner/steps.c"
      ]
    },
    {
      "target_name": "linkwright-watchdog",
      "includes": ["program.gypi"],
      "include_dirs": ["native"],
      "sources": [
        "native/namespace/naming.c",
        "native/runner/complaint.c",
        "native/runner/netlink.c",
        "native/runner/plan.c",
        "native/runner/row.c",
        "native/runner/steps.c",
        "native/watchdog/main.c",
        "native/watchdog/namespaces.c",
        "native/watchdog/plan.c",
        "native/watchdog/settings.c",
        "native/watchdog/undo.c"
      ]
    },
    {
      "target_name": "linkwright-cni",
      "includes": ["program.gypi"],
      "sources": [
        "native/cni/ask.c",
        "native/cni/main.c",
        "native/cni/question.c",
        "native/cni/settings.c",
        "native/qemu/trusted.c",
        "native/runner/complaint.c"
      ]
    }
  ]
}
