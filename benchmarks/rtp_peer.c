/* The other end of many RTP streams: sends PCMU every 20 ms to whoever sent to it, and tells how punctual that one was.
 *
 *     rtp_peer <first port> <streams> <seconds>
 *
 * Stream i stands at 127.0.0.1, port first + 2i. Prints "ready"; "begin" when every stream has been heard, or nothing when that takes a minute; then one line:
 * packets received, those more than 10 ms off their schedule, those lost, packets sent, own CPU milliseconds.
 * The times are the kernel's, taken when the packet was sent to the loopback interface. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define PACKET_TIME 20000000LL
#define OFF 10000000LL
#define SLOTS 20
#define PATIENCE 60000000000LL

struct stream {
    int fd, heard;
    struct sockaddr_in peer;
    uint16_t sequence;
    uint32_t stamp, first;
    int64_t *at;
    int count;
};

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int order(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One packet; its time, less the schedule of its RTP timestamp. */
static int take(struct stream *s, int most, int measuring, long *received) {
    unsigned char data[2048], control[128];
    struct iovec part = {data, sizeof data};
    struct sockaddr_in from;
    struct msghdr m = {&from, sizeof from, &part, 1, control, sizeof control, 0};
    ssize_t size = recvmsg(s->fd, &m, MSG_DONTWAIT);
    if (size < 12) return size >= 0;
    s->peer = from;
    s->heard = 1;
    if (!measuring) return 1;
    ++*received;
    uint32_t stamp = (uint32_t)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7];
    if (!s->count) s->first = stamp;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_type == SO_TIMESTAMPNS && s->count < most) {
        struct timespec t;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        int64_t at = t.tv_sec * 1000000000LL + t.tv_nsec;
        s->at[s->count++] = at - (int32_t)(stamp - s->first) * (PACKET_TIME / 160);
    }
    return 1;
}

static long judge(struct stream *s, long *lost, long expected) {
    long off = 0;
    if (s->count < expected - 2) *lost += expected - 2 - s->count;
    qsort(s->at, s->count, sizeof *s->at, order);
    int64_t schedule = s->at[s->count / 2];
    for (int i = 0; i < s->count; i++)
        if (llabs(s->at[i] - schedule) > OFF) off++;
    return off;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int first = atoi(argv[1]), n = atoi(argv[2]), seconds = atoi(argv[3]), most = seconds * 60 + 50;
    struct stream *all = calloc(n, sizeof *all);
    int poll = epoll_create1(0), one = 1;
    for (int i = 0; i < n; i++) {
        struct stream *s = all + i;
        struct sockaddr_in here = {AF_INET, htons(first + 2 * i), {htonl(INADDR_LOOPBACK)}, {0}};
        s->fd = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        if (bind(s->fd, (struct sockaddr *)&here, sizeof here)) return perror("bind"), 1;
        struct epoll_event e = {EPOLLIN, {.ptr = s}};
        epoll_ctl(poll, EPOLL_CTL_ADD, s->fd, &e);
        s->at = malloc(most * sizeof *s->at);
    }
    puts("ready"), fflush(stdout);
    unsigned char packet[172] = {0x80, 0};
    memset(packet + 12, 0xff, 160);
    long received = 0, sent = 0, off = 0, lost = 0, slot = 0;
    int measuring = 0;
    int64_t start = now_ns(CLOCK_MONOTONIC), began = 0;
    while (!measuring ? now_ns(CLOCK_MONOTONIC) < start + PATIENCE : now_ns(CLOCK_MONOTONIC) < began + seconds * 1000000000LL) {
        struct epoll_event ready[64];
        int64_t wait = start + slot * (PACKET_TIME / SLOTS) - now_ns(CLOCK_MONOTONIC);
        int found = epoll_wait(poll, ready, 64, wait > 0 ? 1 : 0);
        for (int i = 0; i < found; i++)
            while (take(ready[i].data.ptr, most, measuring, &received));
        for (; now_ns(CLOCK_MONOTONIC) >= start + slot * (PACKET_TIME / SLOTS); slot++)
            for (int i = slot % SLOTS; i < n; i += SLOTS) {
                struct stream *s = all + i;
                if (!s->heard) continue;
                uint16_t sequence = htons(s->sequence++);
                uint32_t stamp = htonl(s->stamp), source = htonl(i + 1);
                s->stamp += 160;
                memcpy(packet + 2, &sequence, 2), memcpy(packet + 4, &stamp, 4), memcpy(packet + 8, &source, 4);
                sent += sendto(s->fd, packet, sizeof packet, 0, (struct sockaddr *)&s->peer, sizeof s->peer) > 0;
            }
        if (!measuring) {
            int heard = 0;
            for (int i = 0; i < n; i++) heard += all[i].heard;
            if (heard == n && now_ns(CLOCK_MONOTONIC) > start + 2000000000LL) {
                measuring = 1, began = now_ns(CLOCK_MONOTONIC), sent = 0;
                puts("begin"), fflush(stdout);
            }
        }
    }
    if (!measuring) return 3;
    for (int i = 0; i < n; i++) off += judge(all + i, &lost, seconds * 50L);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long cpu = used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000 + used.ru_stime.tv_sec * 1000 + used.ru_stime.tv_usec / 1000;
    printf("%ld %ld %ld %ld %ld\n", received, off, lost, sent, cpu);
    return 0;
}
