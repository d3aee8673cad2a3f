using FsCheck;
using FsCheck.Fluent;

namespace Pinion.Triton.Tests;

public sealed class ModelConfigTests
{
    private const string Whole = """
        name: "rec"
        platform: "tensorrt_plan"
        max_batch_size: 8
        input [
          { name: "x" data_type: TYPE_FP16 format: FORMAT_NCHW dims: [ 3, 48, -1 ] }
        ]
        output { name: "y", data_type: TYPE_FP32, dims: -1, dims: 97 }
        version_policy: { specific { versions: [1, 3] } }
        dynamic_batching {
          preferred_batch_size: [ 4, 8 ]
          max_queue_delay_microseconds: 500
          priority_levels: 3
          default_priority_level: 2
          default_queue_policy { max_queue_size: 64 }
        }
        instance_group [ { count: 2 kind: KIND_GPU gpus: [ 0, 1 ] profile: "1" name: "g" } ]
        optimization { cuda {
          graphs: true busy_wait_events: true
          graph_spec { batch_size: 4 input { key: "x" value { dim: [ 3, 48, 320 ] } } }
        } }
        model_warmup { name: "w" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP16 dims: [3, 48, 160] zero_data: true } } }
        parameters { key: "k" value { string_value: "v" } }
        default_model_filename: "rec.plan"
        cc_model_filenames [ { key: "7.5" value: "t4.plan" } ]
        """;

    [Test]
    public void Reads_every_field_that_it_knows()
    {
        var c = ModelConfig.Parse(Whole, "config.pbtxt", out IReadOnlyList<string> warnings);
        Assert.That(warnings, Is.Empty);
        Assert.That((c.Name, c.Platform, c.Backend, c.MaxBatchSize), Is.EqualTo(("rec", "tensorrt_plan", (string?)null, 8)));
        Assert.That(c.Inputs.Select(i => (i.Name, i.DataType, string.Join(',', i.Dims!))), Is.EqualTo([("x", TensorDataType.Float16, "3,48,-1")]));
        Assert.That(c.Outputs.Select(i => (i.Name, i.DataType, string.Join(',', i.Dims!))), Is.EqualTo([("y", TensorDataType.Float32, "-1,97")]));
        Assert.That(c.VersionPolicy.Specific, Is.EqualTo([1L, 3L]));
        Assert.That(c.DynamicBatching!.PreferredBatchSizes, Is.EqualTo([4, 8]));
        Assert.That(
            (c.DynamicBatching.MaxQueueDelayMicroseconds, c.DynamicBatching.PriorityLevels, c.DynamicBatching.DefaultPriorityLevel, c.DynamicBatching.MaxQueueSize),
            Is.EqualTo((500L, 3, 2, 64)));
        Assert.That(c.InstanceGroups.Select(g => (g.Count, string.Join(',', g.Gpus), g.Profile)), Is.EqualTo([(2, "0,1", (int?)1)]));
        Assert.That((c.Cuda!.Graphs, c.Cuda.BusyWaitEvents), Is.EqualTo(((bool?)true, true)));
        Assert.That(c.Cuda.GraphSpecs.Single().Inputs["x"], Is.EqualTo(new TensorShape(3, 48, 320)));
        Assert.That(c.Warmups.Single().Inputs["x"], Is.EqualTo(new TensorShape(3, 48, 160)));
        Assert.That(c.Parameters["k"], Is.EqualTo("v"));
        Assert.That((c.DefaultModelFilename, c.CcModelFilenames["7.5"]), Is.EqualTo(("rec.plan", "t4.plan")));
    }

    [Test]
    public void What_is_written_is_read_as_the_same()
    {
        string text = ModelConfig.Parse(Whole, "c", out _).ToText();
        Assert.That(ModelConfig.Parse(text, "c", out IReadOnlyList<string> warnings).ToText(), Is.EqualTo(text));
        Assert.That(warnings, Is.Empty);
        Assert.That(text, Does.Contain("dims: [ 3, 48, -1 ]").And.Contain("preferred_batch_size: [ 4, 8 ]").And.Contain("gpus: [ 0, 1 ]"));
        ModelConfig scalarRows = new() { MaxBatchSize = 4, Inputs = [new TensorConfig { Name = "x", DataType = TensorDataType.Int64, Dims = [] }] };
        Assert.That(ModelConfig.Parse(scalarRows.ToText(), "c", out warnings).Inputs.Single().Dims, Is.Empty, "a tensor of the batch alone");
        Assert.That(warnings, Has.One.Contains("the batch alone"));
    }

    [Test]
    public void Unknown_and_unused_fields_are_warnings_with_their_line()
    {
        string text = "max_batch_size: 8\nfrobnicate: 1\ndynamic_batching {\n  preserve_ordering: true\n  shiny { a: 1 }\n}\nmetric_tags { key: 'a' value: 'b' }\n[ext.field]: 2";
        ModelConfig.Parse(text, "rec/config.pbtxt", out IReadOnlyList<string> warnings);
        Assert.That(warnings, Has.Count.EqualTo(5));
        Assert.That(warnings, Has.One.StartsWith("rec/config.pbtxt:2: frobnicate is not a field"));
        Assert.That(warnings, Has.One.StartsWith("rec/config.pbtxt:4: dynamic_batching.preserve_ordering is not used"));
        Assert.That(warnings, Has.One.StartsWith("rec/config.pbtxt:5: dynamic_batching.shiny"));
        Assert.That(warnings, Has.One.StartsWith("rec/config.pbtxt:7: metric_tags"));
        Assert.That(warnings, Has.One.StartsWith("rec/config.pbtxt:8: [ext.field]"));
    }

    [TestCase("max_batch_size: -1", "max_batch_size is -1; it must be a whole number from 0")]
    [TestCase("max_batch_size: 1.5", "max_batch_size is 1.5")]
    [TestCase("max_batch_size: \"8\"", "max_batch_size is \"8\"")]
    [TestCase("max_batch_size: 8 max_batch_size: 8", "max_batch_size is given 2 times")]
    [TestCase("name: rec", "name is rec; it must be a string in quotes")]
    [TestCase("input: 5", "input is 5; it must be a message in braces")]
    [TestCase("input { dims: 3 }", "input has no name")]
    [TestCase("input { name: 'x' data_type: FLOAT }", "input[0].data_type is FLOAT; it must be one of TYPE_INVALID")]
    [TestCase("input { name: 'x' data_type: TYPE_STRING }", "input 'x' is TYPE_STRING, which no plan has")]
    [TestCase("input { name: 'x' dims: -2 }", "input[0].dims is -2")]
    [TestCase("input { name: 'x' dims: [1,2,3,4,5,6,7,8,9] }", "9 dims; 8 are the limit")]
    [TestCase("input { name: 'x' dims: [4] reshape { shape: [2, 2] } }", "has a reshape, which is not supported")]
    [TestCase("input { name: 'x' allow_ragged_batch: true }", "ragged")]
    [TestCase("input { name: 'x' is_shape_tensor: true }", "shape tensor")]
    [TestCase("dynamic_batching {}", "needs a max_batch_size above 0")]
    [TestCase("max_batch_size: 4 dynamic_batching { preferred_batch_size: [2, 5] }", "preferred_batch_size is 5; it must be a whole number from 1 to 4")]
    [TestCase("max_batch_size: 4 dynamic_batching { priority_levels: 2 default_priority_level: 3 }", "default_priority_level is 3")]
    [TestCase("instance_group { kind: KIND_CPU }", "KIND_CPU")]
    [TestCase("instance_group { count: 0 }", "count is 0; it must be a whole number from 1 to 64")]
    [TestCase("instance_group { profile: \"fast\" }", "profile is \"fast\"")]
    [TestCase("version_policy { latest {} all {} }", "version_policy has latest and all")]
    [TestCase("version_policy { specific {} }", "names no version")]
    [TestCase("sequence_batching {}", "sequence_batching cannot be served")]
    [TestCase("ensemble_scheduling {}", "ensemble_scheduling cannot be served")]
    [TestCase("model_transaction_policy { decoupled: true }", "decoupled")]
    [TestCase("max_batch_size: 2 optimization { cuda { graph_spec { batch_size: 3 } } }", "batch_size is 3; it must be a whole number from 1 to 2")]
    [TestCase("optimization { cuda { graphs: 2 } }", "optimization.cuda.graphs is 2; it must be true or false")]
    [TestCase("parameters { value { string_value: 'v' } }", "an entry of parameters has no key")]
    [TestCase("parameters { key: 'a' value {} } parameters { key: 'a' value {} }", "the key 'a' twice")]
    [TestCase("max_batch_size 8", "column 16: '8' follows 'max_batch_size'")]
    public void Wrong_values_are_named_with_their_line(string text, string message)
    {
        ModelRepositoryException e = Assert.Throws<ModelRepositoryException>(() => ModelConfig.Parse("\n" + text, "config.pbtxt", out _))!;
        Assert.That(e.Problems, Has.One.StartsWith("config.pbtxt:2: ").And.One.Contains(message), e.Message);
    }

    [Test]
    public void All_problems_come_at_once()
    {
        string text = "max_batch_size: -1\ninput { dims: 3 }\ninstance_group { kind: KIND_CPU count: 99 }";
        ModelRepositoryException e = Assert.Throws<ModelRepositoryException>(() => ModelConfig.Parse(text, "c", out _))!;
        Assert.That(e.Problems, Has.Count.EqualTo(4));
        Assert.That(e.Message, Does.StartWith("4 problems:"));
    }

    [Test]
    public void Enums_may_be_numbers_and_bools_short()
    {
        var c = ModelConfig.Parse("input { name: 'x' data_type: 11 optional: f } optimization { cuda { graphs: 1 } }", "c", out IReadOnlyList<string> warnings);
        Assert.That(c.Inputs[0].DataType, Is.EqualTo(TensorDataType.Float32));
        Assert.That(c.Cuda!.Graphs, Is.True);
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void Any_configuration_comes_back_as_it_was()
    {
        Gen<TensorConfig> tensors =
            from name in Gen.Elements("x", "in/0:x", "a \"quoted\" name", "\u00e9")
            from type in Gen.Elements<TensorDataType?>(null, TensorDataType.Float16, TensorDataType.Bool, TensorDataType.Int64)
            from dims in Gen.Elements<long[]?>(null, [-1], [3, 48, -1], [])
            select new TensorConfig { Name = name, DataType = type, Dims = dims };
        Gen<ModelConfig> configs =
            from name in Gen.Elements<string?>(null, "rec", "")
            from max in Gen.Choose(1, 64)
            from inputs in tensors.ListOf()
            from preferred in Gen.Choose(1, max).ListOf()
            from delay in Gen.Choose(0, 1_000_000)
            from levels in Gen.Choose(0, 3)
            from groups in (from count in Gen.Choose(1, 64)
                            from gpus in Gen.Choose(0, 7).ListOf()
                            from profile in Gen.Elements<int?>(null, 0, 3)
                            select new InstanceGroup { Count = count, Gpus = [.. gpus], Profile = profile }).ListOf()
            from graphs in Gen.Elements<bool?>(null, true, false)
            from specs in (from batch in Gen.Choose(1, max)
                           from width in Gen.Choose(0, 640)
                           select new GraphSpec(batch, new Dictionary<string, TensorShape> { ["x"] = new(3, width) })).ListOf()
            from versions in Gen.Choose(1, 99).Select(v => (long)v).ListOf()
            select new ModelConfig
            {
                Name = name,
                MaxBatchSize = max,
                Inputs = [.. inputs],
                DynamicBatching = new DynamicBatching { PreferredBatchSizes = [.. preferred], MaxQueueDelayMicroseconds = delay, PriorityLevels = levels, DefaultPriorityLevel = levels },
                InstanceGroups = [.. groups],
                Cuda = new CudaOptimization { Graphs = graphs, GraphSpecs = [.. specs] },
                VersionPolicy = new VersionPolicy { Specific = [.. versions] },
                Parameters = new Dictionary<string, string> { ["key"] = name ?? "\0\n" },
            };
        Prop.ForAll(configs.Resize(5).ToArbitrary(), c => ModelConfig.Parse(c.ToText(), "c", out _).ToText() == c.ToText()).QuickCheckThrowOnFailure();
    }

    [Test]
    public void A_damaged_configuration_is_read_or_refused_in_words()
    {
        string[] scraps = ["", "{", "}", "[", "]", "-", "\"", ":", "0", "99999999999999999999", "nan", "TYPE_FP32", "\n", "a", "<", "\\", "max_batch_size: 0 "];
        Gen<(int At, int Cut, string Scrap)> damage = from at in Gen.Choose(0, Whole.Length) from cut in Gen.Choose(0, 6) from scrap in Gen.Elements(scraps) select (at, cut, scrap);
        Prop.ForAll(damage.ListOf().Resize(4).ToArbitrary(), edits =>
        {
            string text = Whole;
            foreach ((int at, int cut, string scrap) in edits)
            {
                int start = Math.Min(at, text.Length);
                text = text.Remove(start, Math.Min(cut, text.Length - start)).Insert(start, scrap);
            }

            try
            {
                string read = ModelConfig.Parse(text, "c", out _).ToText();
                return ModelConfig.Parse(read, "c", out _).ToText() == read;
            }
            catch (ModelRepositoryException e)
            {
                return e.Problems.Count > 0 && e.Problems.All(p => p.StartsWith("c:", StringComparison.Ordinal));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Test]
    public void A_thousand_mistakes_are_not_all_listed()
    {
        string text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"input {{ dims: {i} }}\n"));
        Assert.That(Assert.Throws<ModelRepositoryException>(() => ModelConfig.Parse(text, "c", out _))!.Problems, Has.Count.EqualTo(101));
    }
}
