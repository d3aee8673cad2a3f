// A counting semaphore: what C++20 calls std::counting_semaphore. post takes no lock and is cheap when nobody waits.
#pragma once

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <dispatch/dispatch.h>
#else
#include <semaphore.h>

#include <cerrno>
#endif

namespace pinion {

class CountingSemaphore {
public:
    CountingSemaphore(const CountingSemaphore&) = delete;
    CountingSemaphore& operator=(const CountingSemaphore&) = delete;

#if defined(_WIN32)
    CountingSemaphore() noexcept : handle_(CreateSemaphoreW(nullptr, 0, 0x7fffffff, nullptr)) {}
    ~CountingSemaphore() {
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
    CountingSemaphore() noexcept : handle_(dispatch_semaphore_create(0)) {}
    ~CountingSemaphore() {
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
    CountingSemaphore() noexcept {
        sem_init(&handle_, 0, 0);
    }
    ~CountingSemaphore() {
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
