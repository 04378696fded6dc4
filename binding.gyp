# Builds the addon. What it is made of stands in native/sources.json, for this file and for CMakeLists.txt.
{
  "variables": {
    "c_sources": ["<!@(node scripts/native-sources.mjs linux kernel buddy)"],
    "cc_sources": ["<!@(node scripts/native-sources.mjs node)"],
    "includes_of_c": ["<!@(node scripts/native-sources.mjs includes)"],
    "cflags_of_c": ["<!@(node scripts/native-sources.mjs cflags)"],
    "kernel_version": "<!(node scripts/linux/version.mjs)"
  },
  "target_defaults": {
    "sources": ["<@(c_sources)", "<@(cc_sources)"],
    "include_dirs": ["<@(includes_of_c)", "<!(node -p \"require('node-addon-api').include_dir\")"],
    "defines": [
      "NAPI_VERSION=9",
      "NODE_ADDON_API_DISABLE_DEPRECATED",
      "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
      "GPU_BUDDY_KERNEL_VERSION=\"<(kernel_version)\""
    ],
    "cflags": ["-fvisibility=hidden", "-O3", "-flto"],
    "cflags_c": ["<@(cflags_of_c)"],
    "cflags_cc": ["-std=c++20", "-fno-tree-slp-vectorize", "-Wall", "-Wextra"],
    "conditions": [
      ["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete", "-flto", "-O3"] }],
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
    # A checkout has tests, and these have an addon of their own, in which faults can be provoked. node-gyp-build takes
    # the first file by name: that one must be the other.
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
