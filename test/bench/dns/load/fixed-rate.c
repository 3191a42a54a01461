/*
 * Sends DNS queries over UDP at a fixed rate and tells how long the answers took:
 *
 *   fixed-rate ADDRESS PORT QUERIES RATE SECONDS SOCKETS
 *
 * QUERIES has a name a line (what follows a space is left out); type A, EDNS with a client cookie. Latency is from just
 * before send(2) to the kernel's own receive time stamp, so that it is the server's: how late this process gets to run
 * is not in it. Queries that are late are sent all the same, in a bunch.
 *
 * Prints one JSON object; latencies in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IDS = 65536, MAX_SOCKETS = 64, MAX_PACKET = 320, BURST = 32, BATCH = 64, GRACE_MS = 2000 };

struct packet { uint16_t length; uint8_t octets[MAX_PACKET]; };
struct channel { int fd; uint16_t next; int64_t sent[IDS]; };

static struct packet *packets;
static size_t packet_count;
static struct channel *channels;
static int channel_count;
static uint32_t *latencies;
static size_t answered;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t nanoseconds(const struct timespec *time) { return time->tv_sec * 1000000000LL + time->tv_nsec; }

/* The clock that SO_TIMESTAMPNS uses. */
static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(&time);
}

/* Header with one question and one OPT; OPT with a cookie of eight octets (RFC 6891, RFC 7873). */
static void build(struct packet *packet, const char *name) {
  static const uint8_t header[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  static const uint8_t tail[] = {0, 1, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  uint8_t *at = packet->octets;
  memcpy(at, header, sizeof header);
  at += sizeof header;
  while (*name != 0) {
    size_t length = strcspn(name, ".");
    if (length == 0 || length > 63 || at + length + 2 + sizeof tail > packet->octets + MAX_PACKET) {
      fprintf(stderr, "not a name that can be asked for: %s\n", name);
      exit(1);
    }
    *at++ = (uint8_t)length;
    memcpy(at, name, length);
    at += length;
    name += length + (name[length] == '.');
  }
  *at++ = 0;
  memcpy(at, tail, sizeof tail);
  packet->length = (uint16_t)(at + sizeof tail - packet->octets);
}

static void read_queries(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  char line[512];
  size_t room = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, " \t\r\n")] = 0;
    if (line[0] == 0) continue;
    if (packet_count == room) {
      room = room == 0 ? 64 : room * 2;
      packets = realloc(packets, room * sizeof *packets);
      if (packets == NULL) fail("realloc");
    }
    build(&packets[packet_count++], line);
  }
  fclose(file);
  if (packet_count > 0) return;
  fprintf(stderr, "%s has no names\n", path);
  exit(1);
}

static void open_channel(struct channel *channel, const struct sockaddr_in *server) {
  static const int on = 1, room = 4 << 20;
  channel->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (channel->fd < 0) fail("socket");
  setsockopt(channel->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (setsockopt(channel->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) fail("SO_TIMESTAMPNS");
  if (connect(channel->fd, (const struct sockaddr *)server, sizeof *server) < 0) fail("connect");
}

static void send_one(size_t number) {
  struct channel *channel = &channels[number % channel_count];
  struct packet *packet = &packets[number % packet_count];
  uint16_t id = channel->next++;
  packet->octets[0] = (uint8_t)(id >> 8);
  packet->octets[1] = (uint8_t)id;
  channel->sent[id] = now();
  /* A refused or full socket is a lost query, which the figures show. */
  (void)!send(channel->fd, packet->octets, packet->length, 0);
}

static void note(struct channel *channel, const uint8_t *octets, struct msghdr *header) {
  uint16_t id = (uint16_t)(octets[0] << 8 | octets[1]);
  int64_t sent = channel->sent[id];
  if (sent == 0) return;
  channel->sent[id] = 0;
  for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one != NULL; one = CMSG_NXTHDR(header, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec received;
    memcpy(&received, CMSG_DATA(one), sizeof received);
    int64_t taken = nanoseconds(&received) - sent;
    latencies[answered++] = taken < 0 ? 0 : (uint32_t)(taken / 1000);
  }
}

static void receive(struct channel *channel) {
  static uint8_t octets[BATCH][512], control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
  struct iovec places[BATCH];
  struct mmsghdr messages[BATCH];
  int count;
  do {
    memset(messages, 0, sizeof messages);
    for (int index = 0; index < BATCH; index += 1) {
      places[index] = (struct iovec){octets[index], sizeof octets[index]};
      messages[index].msg_hdr = (struct msghdr){.msg_iov = &places[index], .msg_iovlen = 1,
        .msg_control = control[index], .msg_controllen = sizeof control[index]};
    }
    count = recvmmsg(channel->fd, messages, BATCH, 0, NULL);
    for (int index = 0; index < count; index += 1)
      if (messages[index].msg_len >= 12) note(channel, octets[index], &messages[index].msg_hdr);
  } while (count == BATCH);
}

/* Waits for answers, at most until `until`, and takes them. */
static void wait_and_receive(struct pollfd *polled, int64_t until) {
  int64_t left = until - now();
  if (left < 0) left = 0;
  struct timespec limit = {left / 1000000000, left % 1000000000};
  if (ppoll(polled, (nfds_t)channel_count, &limit, NULL) <= 0) return;
  for (int index = 0; index < channel_count; index += 1)
    if (polled[index].revents != 0) receive(&channels[index]);
}

static int compare(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static uint32_t percentile(double part) {
  if (answered == 0) return 0;
  size_t rank = (size_t)(part * (double)answered + 0.999999);
  return latencies[rank == 0 ? 0 : rank - 1];
}

int main(int count, char **words) {
  if (count != 7) {
    fprintf(stderr, "usage: fixed-rate ADDRESS PORT QUERIES RATE SECONDS SOCKETS\n");
    return 2;
  }
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2]))};
  double rate = atof(words[4]), seconds = atof(words[5]);
  channel_count = atoi(words[6]);
  size_t total = (size_t)(rate * seconds);
  if (inet_pton(AF_INET, words[1], &server.sin_addr) != 1 || total == 0 || channel_count < 1 ||
      channel_count > MAX_SOCKETS) {
    fprintf(stderr, "address, rate, seconds or sockets (1 to %d) cannot be used\n", MAX_SOCKETS);
    return 2;
  }
  read_queries(words[3]);
  channels = calloc((size_t)channel_count, sizeof *channels);
  latencies = calloc(total, sizeof *latencies);
  if (channels == NULL || latencies == NULL) fail("calloc");
  struct pollfd polled[MAX_SOCKETS];
  for (int index = 0; index < channel_count; index += 1) {
    open_channel(&channels[index], &server);
    polled[index] = (struct pollfd){.fd = channels[index].fd, .events = POLLIN};
  }
  /* The kernel may otherwise wake us 50 microseconds late. */
  prctl(PR_SET_TIMERSLACK, 1);

  int64_t start = now();
  size_t sent = 0;
  while (sent < total) {
    size_t due = (size_t)((double)(now() - start) / 1e9 * rate) + 1;
    for (int burst = 0; burst < BURST && sent < due && sent < total; burst += 1) send_one(sent++);
    wait_and_receive(polled, sent < due ? 0 : start + (int64_t)((double)sent / rate * 1e9));
  }
  int64_t end = now() + GRACE_MS * 1000000LL;
  while (answered < total && now() < end) wait_and_receive(polled, end);

  qsort(latencies, answered, sizeof *latencies, compare);
  printf("{\"sent\":%zu,\"answered\":%zu,\"p50\":%u,\"p99\":%u,\"p999\":%u,\"worst\":%u}\n", sent, answered,
    percentile(0.5), percentile(0.99), percentile(0.999), percentile(1));
  return 0;
}
