from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_move_import_runs")]

    operations = [migrations.DeleteModel(name="ImportRun")]
