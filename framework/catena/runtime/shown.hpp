#pragma once

#include <atomic>
#include <mutex>

namespace catena {

/// Shows an object of one thread to others. Who shows it takes no lock, and waits only when it
/// takes the object back while someone looks.
template <typename T>
class Shown {
 public:
  /// For the one who shows: from now on others may look at this object, and no longer at one that
  /// was shown before, though somebody still may be. So both live and do not change until
  /// `take_back`, but for what any thread may change.
  void show(const T& object) noexcept { object_.store(&object, std::memory_order_release); }

  /// For the one who shows: once this returns, nobody looks.
  void take_back() noexcept {
    // Who looks does this in the other order, so that one of the two sees the other.
    object_.store(nullptr);
    while (looking_.load()) looking_.wait(true);
  }

  /// For all others, of whom one looks at a time: calls `how` with what is shown, if anything is.
  template <typename Look>
  void look(const Look& how) const {
    const std::lock_guard lock(lookers_);
    const Looking looking(looking_);
    if (const T* const object = object_.load(); object != nullptr) how(*object);
  }

 private:
  class Looking {
   public:
    explicit Looking(std::atomic<bool>& looking) noexcept : looking_(looking) { looking_ = true; }
    Looking(const Looking&) = delete;
    Looking& operator=(const Looking&) = delete;
    ~Looking() {
      looking_ = false;
      looking_.notify_one();
    }

   private:
    std::atomic<bool>& looking_;
  };

  std::atomic<const T*> object_{nullptr};
  mutable std::atomic<bool> looking_{false};
  mutable std::mutex lookers_;
};

}  // namespace catena
