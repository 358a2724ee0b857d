// libzmq, the socket library; wrapped by Transport alone.
#include <zmq.h>
