/* Load for benchmarks/modbus.py: so many connections, one request outstanding on each; prints how many answers came.
   Arguments: address port connections seconds request-in-hex bytes-of-the-answer. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec + moment.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 7)
        return 2;
    int count = atoi(argv[3]), wanted = atoi(argv[6]), yes = 1;
    double seconds = atof(argv[4]);
    size_t size = strlen(argv[5]) / 2;
    unsigned char request[512], answer[512];
    for (size_t at = 0; at < size; at++)
        sscanf(argv[5] + 2 * at, "%2hhx", &request[at]);
    struct pollfd *lines = calloc(count, sizeof *lines);
    int *got = calloc(count, sizeof *got);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    for (int one = 0; one < count; one++) {
        lines[one].fd = socket(AF_INET, SOCK_STREAM, 0);
        lines[one].events = POLLIN;
        setsockopt(lines[one].fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (connect(lines[one].fd, (struct sockaddr *)&address, sizeof address) < 0)
            return 3;
        if (write(lines[one].fd, request, size) != (ssize_t)size)
            return 3;
    }
    long answers = 0;
    double began = now(), end = began + seconds;
    while (now() < end) {
        if (poll(lines, count, 1000) <= 0)
            return 4;
        for (int one = 0; one < count; one++) {
            if (!(lines[one].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            ssize_t length = read(lines[one].fd, answer, sizeof answer);
            if (length <= 0)
                return 5;
            got[one] += length;
            if (got[one] < wanted)
                continue;
            got[one] = 0;
            answers++;
            if (write(lines[one].fd, request, size) != (ssize_t)size)
                return 5;
        }
    }
    printf("%ld %.6f\n", answers, now() - began);
    return 0;
}
