#include "runtime/compress/text/language.hpp"
#include "runtime/compress/text/split.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;

namespace {

text_profile profile_of_text(std::string_view text) {
  return split_text(text)->profile;
}

} // namespace

TEST_CASE("the language of a text is told by its script, or by its commonest words") {
  using row = std::pair<std::string_view, std::string_view>;
  for (const auto& [text, want] : {
           row{"The cat sat on the mat and it was not that of the dog.", "en"},
           row{"Der Hund und die Katze sind nicht im Haus, und das ist auch gut.", "de"},
           row{"Le chat et les chiens ne sont pas dans une maison qui est sur la colline.", "fr"},
           row{"El perro y los gatos no son para una casa, pero es como el sol que se ve.", "es"},
           row{"Il gatto non sono della casa che una volta era per gli altri, con il cane.", "it"},
           row{"De kat en het huis zijn niet van een man, dat is voor het kind.", "nl"},
           row{"我们昨天去了北京，看见了很多人。", "zh"},
           row{"東京はとても大きい都市です。", "ja"},
           row{"서울은 매우 큰 도시입니다.", "ko"},
           row{"Собака и кошка живут в доме.", "ru"},
           row{"Собака і кішка живуть у її домі.", "uk"},
           row{"Ο σκύλος και η γάτα.", "el"},
           row{"הכלב והחתול בבית.", "he"},
           row{"xq zzk 123 qqp", "und"},
           row{"", "und"},
       }) {
    CAPTURE(text);
    CHECK(language_of(std::array{text}) == want);
  }
}

TEST_CASE("repetition is the share of bytes whose form came before, numbers apart") {
  std::string same;
  std::string different;
  const std::string_view names[] = {"amber", "birch", "cedar", "dogwood", "elder",
                                    "fir",   "gum",   "hazel", "iris",    "jasmine"};
  for (size_t i = 0; i < 10; ++i) {
    same += "2024-01-02 10:00:0" + std::to_string(i) + " INFO took " + std::to_string(i * 37) + " ms\n";
    different += "The " + std::string{names[i]} + " stands alone in its field. ";
  }
  CHECK(profile_of_text(same).repetition == doctest::Approx(0.9).epsilon(0.05));
  CHECK(profile_of_text(different).repetition == 0);
}

TEST_CASE("terms, long sentences and many different words show") {
  const auto plain = profile_of_text("The cat sat. The cat ran. The cat sat. The dog ran. The dog sat. The cat ran.");
  const auto dense =
      profile_of_text("Heterogeneous distributed schedulers reconcile HTTP2 backpressure, NUMA locality and "
                      "max_inflight limits before kubeletConfig reloads, whereas simpler designs merely queue.");
  CHECK(plain.technical == 0);
  CHECK(dense.technical > 0.15);
  CHECK(dense.complexity > plain.complexity + 0.3);
  CHECK(plain.mean_sentence_words == doctest::Approx(3));
}

TEST_CASE("shares stay shares, for large texts too") {
  std::string text;
  while (text.size() < 2'000'000)
    text += "A sentence with number " + std::to_string(text.size()) + " in it. ";
  for (const auto& profile :
       {profile_of_text(text), profile_of_text(std::string(1'500'000, 'x')), profile_of_text("")}) {
    for (const double share : {profile.complexity, profile.repetition, profile.technical}) {
      CHECK(share >= 0);
      CHECK(share <= 1);
    }
  }
  CHECK(profile_of_text(text).repetition > 0.95);
}
