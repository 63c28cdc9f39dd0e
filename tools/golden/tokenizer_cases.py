"""Texts chosen by hand for the tokenizer's golden file cases.txt: every rule at least once, and prose in many scripts."""

RULES = [
    "", " ", "\t\n\r ", "a", "A", ".", "...", "a.", ".a", "a b", "  a  b  ", "This is an example sentence",
    # Lowercase, accents, decomposition
    "ÀÉÎÕÜ àéîõü", "cafe\u0301 café", "e\u0301\u0302\u0303", "\u0301", "\u0301a", "a \u0301b", "Ångström Å A\u030a",
    "\u0130stanbul", "I\u0307", "\u0131", "ΌΣΟΣ Όσος ΣΊΣΥΦΟΣ", "Straße STRASSE \u1e9e", "ﬁne ﬂow ﬃ", "Ǆ ǅ ǆ",
    "\u212a \u212b \u2126", "\u1f88 \u1ffc \u1fb3", "ĳ Ĳ ŉ ſ", "½ ² ³ ™ ① ｆｕｌｌ ｗｉｄｔｈ", "Ω ℵ ℶ", "\u0344 \u0385",
    "\ud55c\uad6d\uc5b4 \uac00 \uac01 \ud7a3", "\u1112\u1161\u11ab", "が ガ か\u3099 カ\u3099 ﾊﾟ", "\ua64a\ua64b ᲀ",
    # Clean-up
    "a\x00b", "\x00", "a\ufffdb", "a\u200bb", "a\u200db", "a\u00adb", "a\ufeffb", "\ufeffa", "a\x1fb", "a\x7fb",
    "a\x0bb", "a\x0cb", "a\x85b", "a\u00a0b", "a\u1680b", "a\u2003b", "a\u2028b", "a\u2029b", "a\u202fb", "a\u205fb",
    "a\u3000b", "a\u180eb", "a\ue000b", "a\U000f0000b", "a\U0010ffffb", "a\ufdd0b", "a\uffffb", "a\u0378b",
    "a\U000e0041b", "\u202eabc\u202c", "a\ufff9b",
    # CJK and what is beside it
    "中文", "中a文b", "日本語のテキスト", "東京タワー", "\u3400\u4dbf\u4e00\u9fff\uf900\ufaff", "\U00020000\U0002a6df",
    "\U0002a700\U0002b73f\U0002b740\U0002b81f\U0002b820\U0002ceaf", "\U0002ceb0", "\U0002f800\U0002fa1f",
    "\u2e80\u3001\u3002\u3005\u3007", "、。「」", "豈 更", "㐀a㐀", "文\u0301字",
    # Punctuation and symbols
    "don't stop—now", "a-b_c", "$100.00, 50% & more", "x=y+z<w>v^u`t|s~r", "“quoted” ‘text’ «guillemets»", "a\u00b7b",
    "\u037e \u0387 \u1fef \u2260 \u226e \u2e2e", "https://example.org/a?b=c#d", "user@example.org", "C++ C# .NET",
    "#hashtag ##hash", "snake_case camelCase", "©®€£¥§¶†‡•…‰", "\u2212 \u00d7 \u00f7 \u00b1", "፡ ។ ॥ \u061f \u060c",
    # Emoji
    "😀", "a😀b", "👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "\u2764", "☃ ☺ ♠", "🫠 🪿", "1️⃣",
    # Special tokens in the text
    "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "a[MASK]b", "[MASK][MASK]", "[CLS] a [SEP] b", "[cls]", "[ SEP ]",
    "[SEP", "SEP]", "[[SEP]]", "[S\u00adEP]", "[SEP\u0301]", "\u0301[SEP]\u0301a", "[unused0] [unused1]", "中[SEP]文",
    "[MASK].", "[CLS][CLS][SEP][PAD][UNK]", "[SE[SEP]", "\u302e[SEP]\U0001d165",
    # Pieces
    "unaffable", "embeddings", "tokenization", "antidisestablishmentarianism", "pneumonoultramicroscopicsilicovolcanoconiosis",
    "xqzwjk", "aaaaaaaaaa", "##ing", "ing", "0123456789", "3.14159", "1e-12", "GPT4 bf16 AVX512", "naïveté",
    # Long words
    "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "a" * 100 + "\u0301", "a" * 50 + "\u00ad" * 60 + "a" * 50,
    "\uac01" * 33, "\uac01" * 34, "a" * 100 + "." + "b" * 101, "文" * 101, "a" * 101 + "文" + "a", "." * 120, "٠" * 101,
    "x" * 98 + "\U0001d15e", "x" * 99 + "\U0001d15e", "a" * 1000, "a " * 150, "\u0301" * 200, "\x00" * 200 + "a",
    "a" * 100 + "\U0001d165", "a" * 100 + "\u00e9", "a" * 99 + "\u00e9" + "b",
]

PROSE = [
    "All human beings are born free and equal in dignity and rights.",
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti.",
    "Todos os seres humanos nascem livres e iguais em dignidade e em direitos.",
    "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.",
    "Minden emberi lény szabadon születik és egyenlő méltósága és joga van.",
    "Toate ființele umane se nasc libere și egale în demnitate și în drepturi.",
    "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.",
    "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.",
    "Все люди рождаются свободными и равными в своём достоинстве и правах.",
    "Всі люди народжуються вільними і рівними у своїй гідності та правах.",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "יולד כל אדם בן חורין ושווה בכבודו ובזכויותיו.",
    "בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند.",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
    "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.",
    "మానవులందరూ స్వేచ్ఛతో, సమానత్వంతో జన్మించారు.",
    "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "人人生而自由，在尊严和权利上一律平等。",
    "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "ყველა ადამიანი იბადება თავისუფალი და თანასწორი.",
    "Բոլոր մարդիկ ծնվում են ազատ ու հավասար։",
    "ሰው፡ሁሉ፡ሲወለድ፡ነጻና፡እኩል፡ነው።",
    "མི་རིགས་ཚང་མ་འདྲ་མཉམ་ཡིན།",
    "The quick brown fox (Vulpes vulpes) jumps over 13 lazy dogs; isn't that \"fun\"? It costs $9.99/kg.",
    "for (size_t i = 0; i < n; ++i)\n\tsum += x[i] * y[i]; // O(n)\n",
    "{\"index\": 0, \"tokens\": 7, \"source\": \"computed\", \"embedding\": [0.0676, 0.0634]}",
    "E = mc², ∇·E = ρ/ε₀, ∫₀^∞ e^(−x²) dx = √π⁄2, a ≠ b, x ∈ ℝ ⊂ ℂ",
]


def texts():
    return RULES + PROSE
