/* Stands for Oracle's client library: as much of it as the driver calls until it wants to reach a server.
 * What OCIServerAttach fails with is the number in CLIENT_DOUBLE_ORA. No code of Oracle's is in here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CRASHES
__attribute__((constructor)) static void crash(void) { abort(); }
#endif

void OCIClientVersion(int *major, int *minor, int *update, int *port, int *port_update) {
    *major = MAJOR;
    *minor = MINOR;
    *update = *port = *port_update = 0;
}

static int give(void **made) {
    *made = calloc(1, 256);
    return *made ? 0 : -1;
}

int OCIEnvNlsCreate(void **made) { return give(made); }
int OCIHandleAlloc(const void *parent, void **made) { return give(made); }
int OCIHandleFree(void *handle) { return 0; }
int OCIDescriptorAlloc(const void *parent, void **made) { return give(made); }

int OCIThreadProcessInit(void) { return 0; }
int OCIThreadKeyInit(void *handle, void *error, void **key) { return give(key); }
int OCIThreadKeyDestroy(void *handle, void *error, void **key) { return 0; }
int OCIThreadKeyGet(void *handle, void *error, void **key, void **value) { *value = *key; return 0; }
int OCIThreadKeySet(void *handle, void *error, void **key, void *value) { *key = value; return 0; }

int OCIAttrGet(void) { return 0; }
int OCIAttrSet(void) { return 0; }
int OCINlsNumericInfoGet(void) { return 0; }
int OCINlsCharSetNameToId(void) { return 873; }
int OCINlsCharSetIdToName(void *env, char *name, size_t size) { return snprintf(name, size, "AL32UTF8") < 0; }
int OCINlsNameMap(void *env, char *name, size_t size) { return snprintf(name, size, "UTF-8") < 0; }

int OCIServerAttach(void) { return -1; }
int OCIErrorGet(void *handle, unsigned record, char *state, int *code, char *text, unsigned size) {
    const char *number = getenv("CLIENT_DOUBLE_ORA");
    *code = number ? atoi(number) : 12541;
    snprintf(text, size, "ORA-%05d: says the double of a client\n", *code);
    return 0;
}
