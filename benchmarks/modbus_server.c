/* A Modbus/TCP server on Debian's libmodbus, for as many connections as come: the measure of benchmarks/modbus.py.
   It follows the example of many clients that the library's manual gives: select, accept, receive, reply. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

int main(int argc, char **argv) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", argc > 1 ? atoi(argv[1]) : 1502);
    modbus_mapping_t *mapping = modbus_mapping_new(100, 100, 1000, 1000);
    int listener = modbus_tcp_listen(context, 64), highest = listener;
    fd_set open_, ready;
    if (listener < 0 || mapping == NULL)
        return 1;
    FD_ZERO(&open_);
    FD_SET(listener, &open_);
    for (;;) {
        ready = open_;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0)
            return 1;
        for (int one = 0; one <= highest; one++) {
            if (!FD_ISSET(one, &ready))
                continue;
            if (one == listener) {
                int made = listener;
                modbus_set_socket(context, -1);
                made = modbus_tcp_accept(context, &listener);
                if (made >= 0) {
                    FD_SET(made, &open_);
                    highest = made > highest ? made : highest;
                }
                continue;
            }
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(context, one);
            int length = modbus_receive(context, query);
            if (length > 0)
                modbus_reply(context, query, length, mapping);
            else if (length < 0) {
                close(one);
                FD_CLR(one, &open_);
            }
        }
    }
}
