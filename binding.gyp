# Builds the addon with node-gyp. What it is made of stands in native/sources.json, for every way to build it.
{
  "variables": {
    "c_sources": ["<!@(node scripts/native-sources.mjs linux kernel posix buddy)"],
    "cc_sources": ["<!@(node scripts/native-sources.mjs node)"],
    # The C++ compiler must not meet the kernel's headers: the system's own include some of the same names.
    "includes_of_c": ["<!@(node scripts/native-sources.mjs --prefix=-I../ includes)"],
    "cflags_of_c": ["<!@(node scripts/native-sources.mjs cflags)", "<@(includes_of_c)"],
    "kernel_version": "<!(node scripts/linux/version.mjs)",
    "kernel_sha256": "<!(node scripts/linux/version.mjs --sha256)",
    "protocol": "<!(node scripts/protocol.mjs)"
  },
  "target_defaults": {
    "sources": ["<@(c_sources)", "<@(cc_sources)"],
    "include_dirs": ["<!@(node scripts/native-sources.mjs cxxincludes)", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": [
      "<!@(node scripts/native-sources.mjs defines)",
      "GPU_BUDDY_KERNEL_VERSION=\"<(kernel_version)\"",
      "GPU_BUDDY_KERNEL_SHA256=\"<(kernel_sha256)\"",
      "GPU_BUDDY_PROTOCOL=\"<(protocol)\"",
      "GPU_BUDDY_BUILT_WITH=\"node-gyp\""
    ],
    "cflags": ["<!@(node scripts/native-sources.mjs flags)"],
    # Node's own come last and would win: another C++, and frame pointers.
    "cflags_cc/": [["exclude", "^-std=gnu"]],
    "cflags_c": ["<@(cflags_of_c)"],
    "cflags_cc": ["<!@(node scripts/native-sources.mjs cxxflags)"],
    "configurations": {
      "Release": {
        "cflags/": [["exclude", "^-fno-omit-frame-pointer$"]],
        "cflags": ["<!@(node scripts/native-sources.mjs optimize)", "-flto"],
        "conditions": [["OS=='linux'", { "ldflags": ["-flto", "-O3"] }]]
      }
    },
    "conditions": [
      ["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete", "-Wl,--version-script=../native/node/exports.map"] }],
      [
        "OS=='mac'",
        {
          "xcode_settings": {
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
            "OTHER_CFLAGS": ["<@(cflags_of_c)"]
          }
        }
      ]
    ]
  },
  "targets": [{ "target_name": "gpu_buddy" }],
  "conditions": [
    # A checkout has tests, and these have an addon of their own, in which faults can be provoked.
    [
      "'<!(node -p \"fs.existsSync('test')\")'=='true'",
      {
        "targets": [
          {
            "target_name": "gpu_buddy_test",
            "defines": ["GPU_BUDDY_FAULT_INJECTION"]
          }
        ]
      }
    ]
  ]
}
