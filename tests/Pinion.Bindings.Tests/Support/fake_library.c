/* A library with just the exports that the resolver looks at. FAKE_ABI, FAKE_STATUS, FAKE_BUILD_STATUS and FAKE_MESSAGE say how it answers. */
#include <stdint.h>

struct pn_error {
    int unused;
};

static struct pn_error error;

uint32_t pn_abi_version(void) { return FAKE_ABI; }

int32_t pn_runtime_probe(int32_t purpose, struct pn_error** out_error) {
    int32_t status = purpose == 0 ? FAKE_STATUS : FAKE_BUILD_STATUS;
    if (status != 0) {
        *out_error = &error;
    }
    return status;
}

const char* pn_error_message(const struct pn_error* e) { return e == &error ? FAKE_MESSAGE : "another error"; }

void pn_error_destroy(struct pn_error* e) { (void)e; }

#ifdef FAKE_NEEDS
int FAKE_NEEDS(void);
int pn_fake_use(void) { return FAKE_NEEDS(); }
#endif
