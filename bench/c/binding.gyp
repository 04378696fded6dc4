# Builds the C side: two files of its own, and the very objects of the kernel's allocator that the addon was linked from.
# These were compiled for link-time optimization; what calls them was not, lest gcc make a copy of the kernel's functions
# for the few arguments that a benchmark passes.
{
  "targets": [
    {
      "target_name": "bench",
      "variables": {
        "cflags_of_c": ["<!@(node sources.mjs cflags)"]
      },
      "sources": ["addon.c", "space.c", "<!@(node sources.mjs objects)"],
      "include_dirs": ["<!@(node sources.mjs includes)"],
      "defines": ["NAPI_VERSION=9"],
      "cflags": ["-fvisibility=hidden", "-O3", "-fno-lto"],
      "cflags_c": ["<@(cflags_of_c)"],
      "conditions": [["OS=='linux'", { "ldflags": ["-flto", "-O3"] }]]
    }
  ]
}
