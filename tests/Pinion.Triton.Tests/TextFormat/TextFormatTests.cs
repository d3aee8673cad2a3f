using FsCheck;
using FsCheck.Fluent;

namespace Pinion.Triton.Tests;

public sealed class TextFormatTests
{
    [TestCase("a: 1 b: 2", "a: 1\nb: 2\n")]
    [TestCase("a:1,b:2;c:3", "a: 1\nb: 2\nc: 3\n")]
    [TestCase("m { a: 1 }", "m {\n  a: 1\n}\n")]
    [TestCase("m: { a: 1 }", "m {\n  a: 1\n}\n")]
    [TestCase("m < a: 1 n <> >", "m {\n  a: 1\n  n {}\n}\n")]
    [TestCase("a: [1, -2, 3]", "a: [ 1, -2, 3 ]\n")]
    [TestCase("a: 1 a: -2 a: 3", "a: [ 1, -2, 3 ]\n")]
    [TestCase("a: []  b: 1", "b: 1\n")]
    [TestCase("m [ { a: 1 }, < a: 2 > ]", "m {\n  a: 1\n}\nm {\n  a: 2\n}\n")]
    [TestCase("m: [ { } ]", "m {}\n")]
    [TestCase("# first\na: 1 # last", "a: 1\n")]
    [TestCase("s: \"a\" 'b' # between\n \"c\"", "s: \"abc\"\n")]
    [TestCase(@"s: 'it\'s \""\\\n\t\x41\101\u00e9\U0001F600'", "s: \"it's \\\"\\\\\\n\\011AA\u00e9\U0001F600\"\n")]
    [TestCase(@"s: ""\303\251""", "s: \"\u00e9\"\n")]
    [TestCase(@"s: ""\0012""", "s: \"\\0012\"\n")]
    [TestCase("n: 0x1F o: 017 f: 1.5e-3f g: .5 h: 10f i: - # sign\n 5 j: 1.", "n: 0x1F\no: 017\nf: 1.5e-3f\ng: .5\nh: 10f\ni: -5\nj: 1.\n")]
    [TestCase("a: inf b: -inf c: nan d: KIND_GPU e: true", "a: inf\nb: -inf\nc: nan\nd: KIND_GPU\ne: true\n")]
    [TestCase("[com.example.ext]: 1", "[com.example.ext]: 1\n")]
    [TestCase("", "")]
    public void Reads_what_the_grammar_has(string text, string canonical) =>
        Assert.That(TextFormatWriter.Write(TextFormatReader.Read(text)), Is.EqualTo(canonical));

    [TestCase("a 1", 1, 3, "'1' follows 'a' where ':' or '{' is needed")]
    [TestCase("a:", 1, 3, "the end of the text stands where a value is needed")]
    [TestCase("m {\n  a: 1\n", 3, 1, "the end of the text stands where the name of a field or '}' is needed")]
    [TestCase("m < a: 1 }", 1, 10, "'}' stands where")]
    [TestCase("}", 1, 1, "'}' stands where the name of a field is needed")]
    [TestCase("a: [1 2]", 1, 7, "'2' stands where ',' is needed")]
    [TestCase("a: [1,]", 1, 7, "']' stands where a value is needed")]
    [TestCase("a: [[1]]", 1, 5, "'[' stands where a value is needed")]
    [TestCase("a [1]", 1, 4, "needs a ':'")]
    [TestCase("a: 12ab", 1, 4, "'12ab' is no number")]
    [TestCase("a: 08", 1, 4, "'08' is no number")]
    [TestCase("a: 0x", 1, 4, "'0x' is no number")]
    [TestCase("a: 1e", 1, 4, "'1e' is no number")]
    [TestCase("a: -KIND_GPU", 1, 5, "only numbers, inf and nan take a sign")]
    [TestCase("a: -\"s\"", 1, 5, "a string stands where a value is needed")]
    [TestCase("a: \"open\nb: 1", 1, 4, "not closed by \"")]
    [TestCase("a: \"\\q\"", 1, 5, "this escape is unknown")]
    [TestCase("a: \"\\x\"", 1, 5, "\\x needs one or two")]
    [TestCase("a: \"\\777\"", 1, 5, "ends at \\377")]
    [TestCase("a: \"\\ud800\"", 1, 5, "\\u needs 4")]
    [TestCase("a: \"\\xff\"", 1, 4, "not valid UTF-8")]
    [TestCase("a: 1 $", 1, 6, "'$' has no meaning here")]
    [TestCase("a: \"\0\"", 1, 5, "U+0000")]
    [TestCase("12: 1", 1, 1, "'12' stands where the name of a field is needed")]
    public void Says_where_and_what(string text, int line, int column, string message)
    {
        TextFormatException e = Assert.Throws<TextFormatException>(() => TextFormatReader.Read(text))!;
        Assert.That(e.Position, Is.EqualTo(new TextPosition(line, column)), e.Message);
        Assert.That(e.Message, Does.Contain(message));
    }

    [Test]
    public void Depth_and_size_are_limited()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("m {", depth)) + new string('}', depth);
        Assert.That(() => TextFormatReader.Read(Nested(TextFormatReader.MaxDepth)), Throws.Nothing);
        Assert.That(() => TextFormatReader.Read(Nested(TextFormatReader.MaxDepth + 1)), Throws.TypeOf<TextFormatException>().With.Message.Contains("nested"));
        Assert.That(() => TextFormatReader.Read(string.Concat(Enumerable.Repeat("m{", 400_000))), Throws.TypeOf<TextFormatException>().With.Message.Contains("nested"));
        Assert.That(() => TextFormatReader.Read(new string(' ', TextFormatReader.MaxLength + 1)), Throws.TypeOf<TextFormatException>().With.Message.Contains("limit"));
    }

    [Test]
    public void Any_message_comes_back_as_it_was() =>
        Prop.ForAll(Message(3).ToArbitrary(), m =>
        {
            string text = TextFormatWriter.Write(m);
            TextMessage again = TextFormatReader.Read(text);
            return Same(m, again) && TextFormatWriter.Write(again) == text;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Any_text_is_read_or_refused_with_a_place()
    {
        string[] parts = ["a", "m", ":", "{", "}", "<", ">", "[", "]", ",", ";", "-", "1", "0x1f", "1.5", ".", "\"", "'", "\\", "\n", "#", " ", "inf", "\ud83d", "\0", "é", "\\x", "\\u12", "/"];
        Gen<string> soup = Gen.Elements(parts).ListOf().Select(string.Concat);
        Gen<string> any = ArbMap.Default.GeneratorFor<string>().Select(s => s ?? "");
        foreach (Gen<string> texts in new[] { soup, any })
        {
            Prop.ForAll(texts.Resize(60).ToArbitrary(), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
        }
    }

    private static bool ReadsOrRefuses(string text)
    {
        try
        {
            TextMessage message = TextFormatReader.Read(text);
            return Same(message, TextFormatReader.Read(TextFormatWriter.Write(message)));
        }
        catch (TextFormatException e)
        {
            return e.Position.Line >= 1 && e.Position.Column >= 1;
        }
    }

    private static Gen<TextMessage> Message(int depth)
    {
        Gen<TextValue> texts = ArbMap.Default.GeneratorFor<string>().Select(s => (TextValue)new TextString(WellFormed(s ?? ""), default));
        Gen<TextValue> numbers =
            from negative in ArbMap.Default.GeneratorFor<bool>()
            from literal in Gen.Elements("0", "7", "18446744073709551615", "0x7F", "017", "1.5", ".25e10", "3f")
            select (TextValue)new TextNumber(negative, literal, default);
        Gen<TextValue> words = Gen.Elements("true", "KIND_GPU", "inf", "_x1").Select(w => (TextValue)new TextWord(Negative: false, w, default));
        Gen<TextValue> values = depth == 0 ? Gen.OneOf(texts, numbers, words) : Gen.OneOf(texts, numbers, words, Message(depth - 1).Select(m => (TextValue)m));
        Gen<TextField> fields =
            from name in Gen.Elements("a", "b", "long_name", "[x.y]")
            from value in values
            select new TextField(name, value, default);
        return fields.ListOf().Select(f => new TextMessage([.. f], default)).Resize(6);
    }

    private static string WellFormed(string text) => string.Concat(text.EnumerateRunes());

    private static bool Same(TextValue a, TextValue b) => (a, b) switch
    {
        (TextMessage x, TextMessage y) => x.Fields.Count == y.Fields.Count && x.Fields.Zip(y.Fields).All(p => p.First.Name == p.Second.Name && Same(p.First.Value, p.Second.Value)),
        (TextString x, TextString y) => x.Value == y.Value,
        (TextNumber x, TextNumber y) => (x.Negative, x.Literal) == (y.Negative, y.Literal),
        (TextWord x, TextWord y) => (x.Negative, x.Word) == (y.Negative, y.Word),
        _ => false,
    };
}
