/* Captures what a piece of code does to the whole process, see capture.h. */
#include "capture.h"
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

long bytes_written_to_stdout(void (*body)(void))
{
	FILE *file = tmpfile();
	int stdout_before = dup(STDOUT_FILENO);
	long bytes;

	if (!file || stdout_before < 0)
		test_fail(TEST_HERE, "there is no room for a file");

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	body();
	fflush(stdout);
	bytes = lseek(STDOUT_FILENO, 0, SEEK_CUR);
	dup2(stdout_before, STDOUT_FILENO);

	close(stdout_before);
	fclose(file);
	return bytes;
}

bool aborts(void (*body)(void))
{
	int status;
	pid_t child = fork();

	if (!child) {
		body();
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}
