/* Runs the byte strings that the fuzzer has found worth keeping (test/fuzz/corpus) as programs, without the fuzzer. */
#include "program.h"
#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_PATH = 4096, LONGEST = 4096 };

/* Beside this file's folder, wherever the test runs. */
static void corpus_path(char path[LONGEST_PATH], const char *file)
{
	const char *here = __FILE__;
	const char *slash = strrchr(here, '/');
	int folder = slash ? (int)(slash - here) : 0;

	snprintf(path, LONGEST_PATH, "%.*s/../fuzz/corpus/%s", folder, here, file);
}

static void run_file(const char *name, struct program_report *report)
{
	uint8_t bytes[LONGEST];
	char path[LONGEST_PATH];
	size_t size;
	FILE *file;

	corpus_path(path, name);
	file = fopen(path, "rb");
	if (!file)
		test_fail(TEST_HERE, "%s can't be read", path);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	program_run(bytes, size, (struct program_failure){ 0 }, report);
}

TEST("inputs that the fuzzer has kept find no fault")
{
	struct program_report report = { 0 };
	unsigned int programs = 0;
	struct dirent *entry;
	char path[LONGEST_PATH];
	DIR *folder;

	corpus_path(path, "");
	folder = opendir(path);
	if (!folder)
		test_fail(TEST_HERE, "%s can't be read", path);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		run_file(entry->d_name, &report);
		programs++;
	}
	closedir(folder);
	CHECK(programs > 50);
	CHECK(report.statuses[BUDDY_OK] > programs);
}
