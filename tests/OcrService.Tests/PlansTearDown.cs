namespace OcrService.Tests;

/// <summary>Takes the plan away at the end, which all tests share.</summary>
[SetUpFixture]
public sealed class PlansTearDown
{
    [OneTimeTearDown]
    public void DeletePlans() => Service.DeletePlans();
}
