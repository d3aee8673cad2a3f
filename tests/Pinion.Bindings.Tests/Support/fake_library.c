/* A library with just the exports that the resolver looks at. FAKE_ABI, FAKE_STATUS and FAKE_MESSAGE say how it answers. */
#include <stdint.h>

struct pn_error {
    int unused;
};

static struct pn_error error;

uint32_t pn_abi_version(void) { return FAKE_ABI; }

int32_t pn_runtime_probe(struct pn_error** out_error) {
    if (FAKE_STATUS != 0) {
        *out_error = &error;
    }
    return FAKE_STATUS;
}

const char* pn_error_message(const struct pn_error* e) { return e == &error ? FAKE_MESSAGE : "another error"; }

void pn_error_destroy(struct pn_error* e) { (void)e; }

#ifdef FAKE_NEEDS
int FAKE_NEEDS(void);
int pn_fake_use(void) { return FAKE_NEEDS(); }
#endif
