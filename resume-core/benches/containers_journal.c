/*
 * The libpmemobj side of the benchmark `containers_journal`: for each line "FIELDS BYTES COUNT" of standard input runs
 * COUNT transactions, each of which snapshots FIELDS places of BYTES bytes and changes them, and prints the
 * nanoseconds that took. Argument: where to make the pool, which is unlinked at once.
 */
#include <libpmemobj.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PLACES 1024

struct place {
	uint64_t words[8];
};

struct root {
	struct place places[PLACES];
};

static uint64_t state = 1;

/* The same numbers as on the other side. */
static size_t next_place(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % PLACES;
}

static int run(PMEMobjpool *pool, struct root *root, int fields, int bytes, int count)
{
	for (int i = 0; i < count; i++) {
		TX_BEGIN(pool) {
			for (int k = 0; k < fields; k++) {
				struct place *place = &root->places[next_place()];
				pmemobj_tx_add_range_direct(place, (size_t)bytes);
				for (int word = 0; word < bytes / 8; word++)
					place->words[word] = (uint64_t)i;
			}
		} TX_ONABORT {
			return 0;
		} TX_END
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	PMEMobjpool *pool = pmemobj_create(argv[1], "bench", 64 << 20, 0600);
	if (pool == NULL) {
		fprintf(stderr, "pmemobj_create %s: %s\n", argv[1], pmemobj_errormsg());
		return 1;
	}
	unlink(argv[1]);
	struct root *root = pmemobj_direct(pmemobj_root(pool, sizeof(struct root)));
	int fields, bytes, count;
	while (scanf("%d %d %d", &fields, &bytes, &count) == 3) {
		struct timespec start, end;
		clock_gettime(CLOCK_MONOTONIC, &start);
		if (!run(pool, root, fields, bytes, count)) {
			fprintf(stderr, "a transaction was aborted: %s\n", pmemobj_errormsg());
			return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec));
		fflush(stdout);
	}
	pmemobj_close(pool);
	return 0;
}
