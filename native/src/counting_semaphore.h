// A counting semaphore: what C++20 calls std::counting_semaphore. post takes no lock and is cheap when nobody waits.
#pragma once

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#elif defined(__APPLE__)
#include <dispatch/dispatch.h>
#else
#include <semaphore.h>

#include <cerrno>
#endif

namespace pinion {

class Semaphore {
public:
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

#if defined(_WIN32)
    Semaphore() noexcept : handle_(CreateSemaphoreW(nullptr, 0, 0x7fffffff, nullptr)) {}
    ~Semaphore() {
        CloseHandle(handle_);
    }
    void post() noexcept {
        ReleaseSemaphore(handle_, 1, nullptr);
    }
    void wait() noexcept {
        WaitForSingleObject(handle_, INFINITE);
    }

private:
    HANDLE handle_;
#elif defined(__APPLE__)
    Semaphore() noexcept : handle_(dispatch_semaphore_create(0)) {}
    ~Semaphore() {
        dispatch_release(handle_);
    }
    void post() noexcept {
        dispatch_semaphore_signal(handle_);
    }
    void wait() noexcept {
        dispatch_semaphore_wait(handle_, DISPATCH_TIME_FOREVER);
    }

private:
    dispatch_semaphore_t handle_;
#else
    Semaphore() noexcept {
        sem_init(&handle_, 0, 0);
    }
    ~Semaphore() {
        sem_destroy(&handle_);
    }
    void post() noexcept {
        sem_post(&handle_);
    }
    void wait() noexcept {
        while (sem_wait(&handle_) != 0 && errno == EINTR) {
        }
    }

private:
    sem_t handle_;
#endif
};

}  // namespace pinion
