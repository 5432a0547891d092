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
      "includes": ["program.gypi"],
      "sources": [
        "native/qemu/acl.c",
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
      "sources": [
        "native/runner/complaint.c",
        "native/runner/netlink.c",
        "native/runner/plan.c",
        "native/runner/row.c",
        "native/runner/steps.c",
        "native/watchdog/main.c",
        "native/watchdog/plan.c",
        "native/watchdog/settings.c",
        "native/watchdog/undo.c"
      ]
    }
  ]
}
