using Pinion.Zoo;

namespace Pinion.Vision.Tests;

/// <summary>PaddleClas drops a whole list for one line that it does not like, without a word; here the line is named.</summary>
public sealed class ClassLabelsTests
{
    [TestCase("0 tench, Tinca tinca\n1 goldfish\n", "tench, Tinca tinca|goldfish")]
    [TestCase("1 b\n0 a", "a|b")]
    [TestCase("0 a\r\n1 b c\r\n", "a|b c")]
    [TestCase("0  two spaces", " two spaces")]
    public void A_list_is_split_at_the_first_space(string text, string names)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["labels.txt"], text);
        Assert.That(string.Join('|', ClassLabels.Load(folder["labels.txt"])), Is.EqualTo(names));
    }

    [TestCase("0 a\n\n1 b\n", "line 2 is blank; a line is a number, a space and a name.")]
    [TestCase("0 a\n1\tb\n", "line 2 has a tab; a number and its name are apart by one space.")]
    [TestCase("0 a\ngoldfish\n", "line 2 is 'goldfish'; a line is a number, a space and a name.")]
    [TestCase("0 a\nnurse shark\n", "line 2 begins with 'nurse', which is no number of a class.")]
    [TestCase("0 a\n-1 b\n", "line 2 begins with '-1', which is no number of a class.")]
    [TestCase("0 a\n2 b\n", "line 2 has the number 2; 2 lines have 0 to 1.")]
    [TestCase("0 a\n0 b\n", "line 2 has the number 0 again.")]
    [TestCase("0 a\n1 \n", "line 2 is '1 '; a line is a number, a space and a name.")]
    [TestCase("\uFEFF0 a\n", "line 1 begins with a byte order mark; save the list as UTF-8 without one.")]
    public void A_bad_line_is_named(string text, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder["labels.txt"];
        File.WriteAllText(path, text);
        Assert.That(() => ClassLabels.Load(path), Throws.TypeOf<PreprocessingException>().With.Message.EqualTo($"{path}: {message}"));
    }

    [Test]
    public void Files_that_are_no_lists_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty"], "");
        File.WriteAllBytes(folder["bytes"], [0xC3, 0x28]);
        Assert.That(() => ClassLabels.Load(folder["empty"]), Throws.TypeOf<PreprocessingException>().With.Message.Contains("is empty"));
        Assert.That(() => ClassLabels.Load(folder["bytes"]), Throws.TypeOf<PreprocessingException>().With.Message.Contains("no text in UTF-8"));
        Assert.That(() => ClassLabels.Load(folder.Path), Throws.TypeOf<PreprocessingException>().With.Message.Contains("is a folder"));
    }

    [Test]
    public void The_networks_of_the_zoo_know_theirs()
    {
        Assert.That(ClassLabels.FromModel("zoo:dpn68"), Is.EqualTo(ImageNetLabels.Names));
        Assert.That(ClassLabels.FromMetadata(new Dictionary<string, string>()), Is.Null);
    }

    [Test]
    public void Names_are_those_of_Paddles_own_list()
    {
        PaddleReference.Require();
        Assert.That(ClassLabels.Load(Path.Combine(PaddleReference.Folder, "imagenet1k_label_list.txt")), Is.EqualTo(ImageNetLabels.Names));
    }
}
