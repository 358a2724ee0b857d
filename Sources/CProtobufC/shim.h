// libprotobuf-c, the runtime of the generated message code in CWireMessages.
#include <protobuf-c/protobuf-c.h>
