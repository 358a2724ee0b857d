// libzmq, the socket library, and eventfd to wake its poll (Swift's Glibc module lacks it); wrapped
// by Transport alone.
#include <sys/eventfd.h>
#include <zmq.h>
